package main

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/openapi3"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

var discoveryChecks = []check{
	{"discovery: groups, resources, version", discoverAll},
	{"discovery: from kinds to resources, also of new definitions", mapKinds},
	{"discovery: OpenAPI", openAPI},
	{"discovery: health and plain paths", plainPaths},
}

func discoverAll(_ context.Context, e *env) error {
	for _, aggregated := range []bool{true, false} {
		client := e.typed.Discovery()
		if !aggregated {
			config := rest.CopyConfig(e.config)
			legacy, err := discovery.NewDiscoveryClientForConfig(config)
			if err != nil {
				return err
			}
			legacy.UseLegacyDiscovery = true
			client = legacy
		}
		groups, lists, err := client.ServerGroupsAndResources()
		if err != nil {
			return err
		}
		var lines []string
		for _, group := range groups {
			if strings.HasSuffix(group.Name, ".example.com") {
				continue
			}
			for _, version := range group.Versions {
				lines = append(lines, fmt.Sprintf("group %s preferred %s", version.GroupVersion, group.PreferredVersion.Version))
			}
		}
		for _, list := range lists {
			if strings.Contains(list.GroupVersion, ".example.com/") {
				continue
			}
			for _, r := range list.APIResources {
				lines = append(lines, fmt.Sprintf("%s %s %s %s %v %v %v %v %s", list.GroupVersion, r.Name, r.SingularName, r.Kind, r.Namespaced, r.Verbs, r.ShortNames, r.Categories, schema.GroupVersionKind{Group: r.Group, Version: r.Version, Kind: ""}))
			}
		}
		sort.Strings(lines)
		e.see(fmt.Sprintf("resources, aggregated %v", aggregated), strings.Join(lines, "\n"))
		if len(lists) < 20 {
			return fmt.Errorf("only %d groups", len(lists))
		}
	}
	version, err := e.typed.Discovery().ServerVersion()
	if err != nil {
		return err
	}
	return first(expect("major", version.Major, "1"), expect("minor", version.Minor, "36"))
}

func mapKinds(ctx context.Context, e *env) error {
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(e.typed.Discovery()))
	mapping, err := mapper.RESTMapping(schema.GroupKind{Group: "apps", Kind: "Deployment"})
	if err != nil {
		return err
	}
	if err := expect("resource", mapping.Resource.String(), "apps/v1, Resource=deployments"); err != nil {
		return err
	}
	kind, err := mapper.KindFor(schema.GroupVersionResource{Resource: "po"})
	e.see("short name", fmt.Sprint(kind, err))
	expander, err := restmapper.NewShortcutExpander(mapper, e.typed.Discovery(), nil).KindFor(schema.GroupVersionResource{Resource: "netpol"})
	if err != nil {
		return err
	}
	if err := expect("short name", expander.Kind, "NetworkPolicy"); err != nil {
		return err
	}
	resource, remove, err := define(ctx, e)
	defer remove()
	if err != nil {
		return err
	}
	return eventually(ctx, 10*time.Second, func() error {
		mapper.Reset()
		mapping, err := mapper.RESTMapping(schema.GroupKind{Group: resource.Group, Kind: "Widget"})
		if err != nil {
			return err
		}
		return first(expect("resource", mapping.Resource, resource), expect("scope", string(mapping.Scope.Name()), "namespace"))
	})
}

func openAPI(_ context.Context, e *env) error {
	document, err := e.typed.Discovery().OpenAPISchema()
	if err != nil {
		return err
	}
	if err := expect("title", document.GetInfo().GetTitle(), "Kubernetes"); err != nil {
		return err
	}
	root := openapi3.NewRoot(e.typed.Discovery().OpenAPIV3())
	versions, err := root.GroupVersions()
	if err != nil {
		return err
	}
	names := []string{}
	for _, version := range versions {
		if !strings.HasSuffix(version.Group, ".example.com") {
			names = append(names, version.String())
		}
	}
	e.see("versions", names)
	apps, err := root.GVSpec(schema.GroupVersion{Group: "apps", Version: "v1"})
	if err != nil {
		return err
	}
	if _, ok := apps.Components.Schemas["io.k8s.api.apps.v1.Deployment"]; !ok {
		return fmt.Errorf("no schema of Deployment")
	}
	return nil
}

func plainPaths(ctx context.Context, e *env) error {
	for _, path := range []string{"/livez", "/readyz", "/healthz", "/version", "/api", "/apis/apps", "/nope", "/apis/none.example.org/v1"} {
		raw, err := e.typed.Discovery().RESTClient().Get().AbsPath(path).SetHeader("Accept", "application/json").Do(ctx).Raw()
		if err != nil {
			e.see(path, err)
		} else if path != "/version" {
			e.see(path, string(raw))
		}
	}
	err := e.typed.RESTClient().Get().AbsPath("/nope").Do(ctx).Error()
	return expectError("unknown path", err, metav1.StatusReasonNotFound, "the server could not find the requested resource")
}
