// Command pod-security judges pods by the rules of the Pod Security Standards, level restricted, with the code that
// the API server runs.
//
// Standard input holds one JSON object a line: {"name": ..., "annotations": ..., "spec": PodSpec}.
// Each version of Kubernetes named as an argument, such as v1.35, judges each pod. Every objection is a line of output,
// separated by tabs: version, name, reason, detail. The exit code is 0 also with objections.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

type pod struct {
	Name        string            `json:"name"`
	Annotations map[string]string `json:"annotations"`
	Spec        corev1.PodSpec    `json:"spec"`
}

func judge(in io.Reader, out io.Writer, versions []string) error {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(in)
	decoder.DisallowUnknownFields()
	for {
		var given pod
		if err := decoder.Decode(&given); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		meta := &metav1.ObjectMeta{Name: given.Name, Annotations: given.Annotations}
		for _, name := range versions {
			version, err := api.ParseVersion(name)
			if err != nil {
				return err
			}
			level := api.LevelVersion{Level: api.LevelRestricted, Version: version}
			for _, result := range evaluator.EvaluatePod(level, meta, &given.Spec) {
				if !result.Allowed {
					fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", name, given.Name, result.ForbiddenReason, result.ForbiddenDetail)
				}
			}
		}
	}
}

func main() {
	if err := judge(os.Stdin, os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pod-security:", err)
		os.Exit(1)
	}
}
